"""What the settings agree with neighbours known by files alone, held against those files: nothing is found out at the first message.

It refuses to open a house where a document would be written by another neighbour's mapping, or in a language that its
contract does not speak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.declared.agreement import PLACES
from gateway.settings.portal import HEARD, SHOWN
from mapping import UnknownMappingError
from mapping.contracts.xsd import ContractError
from mapping.loading import OUR_DOORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.declared.agreement import TopicTerms
    from gateway.settings.portal import PortalWords
    from gateway.settings.settings import DestinationSettings, Settings
    from mapping import Catalogue, Mapping

DELETED = "victim.deleted"


def recipient_of(settings: Settings, name: str) -> str:
    """Whose allow-list a destination has."""
    declared = settings.destinations.get(name)
    return (declared.recipient if declared else "") or name.partition(":")[0]


def check_agreements(settings: Settings, catalogue: Catalogue) -> None:
    """Raise `UnknownMappingError` with everything that is wrong."""
    wrong = [
        f"destinations.{name}.topics.{topic} : {fault}"
        for name, destination in settings.destinations.items()
        for topic, agreed in destination.topics.items()
        for fault in _wrong(catalogue, recipient_of(settings, name), topic, agreed)
    ]
    wrong += [
        f"portals.{key}.{fault}" for key, words in settings.portals.items() for fault in _misworded(catalogue, words)
    ]
    wrong += [
        f"destinations.{name} : {fault}"
        for name, destination in settings.destinations.items()
        for fault in _alone(destination)
    ]
    if wrong:
        raise UnknownMappingError(" ; ".join(wrong))


def _wrong(catalogue: Catalogue, recipient: str, topic: str, terms: TopicTerms) -> Iterator[str]:
    mapping = catalogue.mapping(terms.mapping)
    if mapping.topic != ("victim" if topic == DELETED else topic):
        yield f"{mapping.name} lit « {mapping.topic or mapping.source} »"
    if mapping.topic and mapping.recipient != recipient:
        yield f"{mapping.name} est écrite pour « {mapping.recipient} », pas pour « {recipient} »"
    allow_list = catalogue.allow_list(recipient)
    for place in terms.places:
        if PLACES[place] and not any(allow_list.allows(mapping.topic, path) for path in PLACES[place]):
            yield f"le chemin dit {{{place}}}, qui n'est pas sur la liste d'accès de « {recipient} »"
    answers = [catalogue.mapping(name) for name in (terms.answer, terms.refusal) if name]
    for answer in answers:
        if answer.target != "canon#answer":
            yield f"{answer.name} ne mène pas à canon#answer"
    for used in (mapping, *answers):
        if fault := _language(used, terms):
            yield fault


def _language(mapping: Mapping, terms: TopicTerms) -> str:
    """Why this file cannot speak the language that was agreed; an answer may be in another one than the question."""
    try:
        language = mapping.form.language
    except ContractError as error:
        return f"{mapping.name} : {error}"
    wanted = "json" if terms.media == "json" else "xml"
    strict = bool(mapping.topic) or terms.media == "soap"
    return (
        f"{mapping.name} écrit du {language}, et « media » dit {terms.media}" if strict and language != wanted else ""
    )


def _misworded(catalogue: Catalogue, words: PortalWords) -> Iterator[str]:
    """A mapping of a portal's words that leads to, or reads, another document than the one that it is named for."""
    for document, name in words.model_dump().items():
        if not name:
            continue
        mapping = catalogue.mapping(name)
        wanted = SHOWN.get(document) or [f"{OUR_DOORS}#{model}" for model in HEARD[document]]
        if document in SHOWN and mapping.topic != wanted:
            yield f"{document} : {name} lit « {mapping.topic or mapping.source} », pas « {wanted} »"
        elif document in HEARD and mapping.target not in wanted:
            yield f"{document} : {name} mène à « {mapping.target} », pas à « {wanted[0]} »"
        elif mapping.form.language != "json":
            yield f"{document} : {name} n'est pas du json"


def _alone(destination: DestinationSettings) -> Iterator[str]:
    if DELETED in destination.topics and "victim" not in destination.topics:
        yield f"« {DELETED} » sans « victim »"
