"""What stands between a mapping that was read and one that can run: its shapes, its law, its tables and its contract.

It notes every fault and gives nothing for a mapping that has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.canon.answers import HEARD
from domain.canon.documents import DOCUMENTS
from mapping.contracts.check import check_target
from mapping.engine.compile import Compiler
from mapping.engine.converting import LOCAL_ZONE
from mapping.faults import did_you_mean
from mapping.language.paths import heard_shape, part_of_shape, shape_of_part, topic_shape
from mapping.proof.checks import DAY_OF, CodesRead, check_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapping.allow_list import AllowList
    from mapping.codes.tables import CodeTable
    from mapping.contracts import Contracts, Part
    from mapping.faults import Faults
    from mapping.language.extends import WholeMapping
    from mapping.language.paths import Shape
    from mapping.language.rules import Token

CANON = "canon"
"""The contract of what comes in: `canon#taken`, `canon#held`."""
OUR_DOORS = "portail-v1.schema.json"
"""The documents that our own doors take of a portal, `portail-v1.schema.json#NewPatient`."""


LONGEST_TOLD = 80
"""Characters of a name that a fault repeats."""


class Loading:
    """The checking of all the mappings of some folders together."""

    def __init__(
        self,
        recipients: Mapping[str, AllowList],
        tables: Mapping[str, CodeTable],
        contracts: Contracts,
        faults: Faults,
        zone: str = LOCAL_ZONE,
    ) -> None:
        """`zone`: the time zone on whose days dated tables are looked up."""
        self._zone = zone
        self._recipients = recipients
        self._tables = tables
        self._contracts = contracts
        self._faults = faults
        self.codes_read: CodesRead = {}
        self.unchecked: list[str] = []
        """Mappings whose target's contract is not there."""

    def compiler(self, mapping: WholeMapping) -> Compiler | None:
        """What compiles this mapping, checked; None when something in it has no shape to be checked against."""
        return self._incoming(mapping) if mapping.source.text else self._outgoing(mapping)

    def _outgoing(self, mapping: WholeMapping) -> Compiler | None:
        topic, recipient = mapping.topic, mapping.recipient
        shape, allow_list = topic_shape(topic.text), self._recipients.get(recipient.text)
        if shape is None:
            self._faults.add(topic.spot, f"sujet inconnu « {topic.text} »", did_you_mean(topic.text, DOCUMENTS))
        if allow_list is None:
            sentence = f"destinataire inconnu « {recipient.text} »"
            self._faults.add(recipient.spot, sentence, did_you_mean(recipient.text, self._recipients))
        if shape is None or allow_list is None:
            return None
        root = self._contracts.find(mapping.target, self._faults)
        self._check(mapping, shape, allow_list, root)
        return Compiler(shape, self._tables, DAY_OF[topic.text], self._zone, policy=allow_list.policy)

    def _incoming(self, mapping: WholeMapping) -> Compiler | None:
        source = self._contracts.find(mapping.source, self._faults)
        file, _, name = mapping.target.text.partition("#")
        heard = self._ours(mapping.target, file, name)
        if source is None:
            self.unchecked.append(mapping.name)
            sentence = f"« {mapping.source.text} » n'est dans aucun dossier de contrats"
            self._faults.add(mapping.source.spot, sentence, "sans contrat on ne sait ce qui se lit")
        if heard is None:
            sentence = f"cible inconnue « {mapping.target.text} »"
            known = [f"{CANON}#{canon_name}" for canon_name in HEARD]
            self._faults.add(
                mapping.target.spot,
                sentence,
                did_you_mean(mapping.target.text, known) or f"connues : {', '.join(known)}",
            )
        if source is None or heard is None:
            return None
        shape = shape_of_part(source)
        self._check(mapping, shape, None, heard)
        policies = self._recipients.get(mapping.name.partition("/")[0])
        hold = "hold"
        return Compiler(shape, self._tables, incoming=True, policy=policies.policy if policies else lambda _table: hold)

    def _ours(self, target: Token, file: str, name: str) -> Part | None:
        """What comes in becomes a document of `canon`, or of the contract of one of our own doors."""
        if file == OUR_DOORS:
            return self._contracts.find(target, self._faults)
        heard = heard_shape(name) if file == CANON else None
        return part_of_shape(name, heard) if heard else None

    def _check(self, mapping: WholeMapping, shape: Shape, allow_list: AllowList | None, root: Part | None) -> None:
        written = check_mapping(mapping, shape, allow_list, self._tables, self.codes_read, self._faults)
        if root is None:
            self.unchecked.append(mapping.name)
            self._misspelt(mapping.target)
        else:
            check_target(mapping, root, self._tables, written, self._faults)

    def _misspelt(self, target: Token) -> None:
        """A contract that is nowhere under this name, and is under one that is nearly the same: nothing would be checked, in silence."""
        file = target.text.partition("#")[0]
        near = self._contracts.like(file) if file and self._contracts.path(file) is None else ""
        if near and near != file:
            sentence = f"le contrat « {file[:LONGEST_TOLD]} » n'est dans aucun dossier de contrats"
            self._faults.add(target.spot, sentence, f"vouliez-vous « {near} » ?")
