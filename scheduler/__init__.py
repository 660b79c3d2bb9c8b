"""Time: which job runs when, on one leader. It refuses to know what the jobs do inside."""
