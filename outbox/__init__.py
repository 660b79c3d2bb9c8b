"""Durability: what was accepted leaves, once in effect, in order, or a person is told why not.

The outbox knows envelopes, states, lanes, leases and retry policy. It refuses to know what a victim is,
what XML looks like, or how HTTP fails. The map of the room:

- `message`   the words: Envelope, Status, Kind, Receipt, Cause
- `errors`    what a destination may raise: transient or permanent, nothing else
- `ports`     what the outbox asks of others (Destination) and offers to others (Queue, Desk)
- `desk`      what a person is shown: Record, Attempt, Filter, Backlog, Lag, Pause
- `retry`     when to try again: a pure function of schedule, attempts, error and now
- `verdict`   what the end of a delivery means: a receipt or an error to a Settlement, pure
- `gate`      breaker, slow return, rate of one destination, pure
- `fingerprint`  which parked messages have one cause, pure
- `dispatch/`   claim, deliver, settle: the dispatcher, its slots, and who goes first
- `database/`   one database for a process: threads, group commit, pragmas, the clock of all nodes
- `memory/`, `sql/`  the stores, proved by one contract suite; `sql/tables` says why each column is there
"""
