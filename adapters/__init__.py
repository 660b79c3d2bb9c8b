"""One room per neighbour, one wire each. They never see each other.

Every adapter has the same files, and a test checks it:

- `client.py`     speaks the protocol: documents and typed answers in and out, no business words
- `faults.py`     every foreign exception or fault → TransientDeliveryError | PermanentDeliveryError; one `match`, proved exhaustive
- `adapter.py`    implements `outbox.ports.Destination`: envelope → mapping → client → receipt
- `inbound.py`, `poller.py`   the door they call, or the door we knock on, only where the system has one
- `simulator.py`  the neighbour itself, as product code: contract checked, state readable, faults scripted
- `contract/`     the versioned contract files
- `README.md`     who they are, version, authentication, quirks with dates

`__init__.py` exports `open_<name>`. `wire/` is the ground floor that they share: `link` (where, and with which
certificate), `exchange` (one call and its reply), `http` (the way out), `urllib3_transport` (its carrier), `soap/`, `fhir/`, `ws_security/`, and `simulated`
(what every simulator has). It knows no neighbour.
"""
