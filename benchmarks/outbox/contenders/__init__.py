"""One module per queue: how a user of it installs, enqueues in a transaction of their own, and works. Same jobs for all."""
