"""One database for a process: engines, threads that write, and the clock that all nodes share."""
