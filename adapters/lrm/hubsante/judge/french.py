"""The words of a schema error: French for people, the hub's own English for the cause of an error message.

A value of the message is never repeated, only the rule it breaks: what is wrong may be a patient's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jsonschema_rs import ValidationErrorKind as Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema_rs import ValidationError
    from lxml import etree

_SHOWN = 12
_DATE_PATTERN = re.compile(r"\^?\\d\{4\}-\\d\{2\}-\\d\{2\}T")
_FACET = re.compile(r"\[facet '(\w+)'\]")
_BY_PATTERN = re.compile(r"pattern '([^']*)'\.$")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*) \)\.$")
_QUALIFIED = re.compile(r"(?:\{([^}]*)\})?([\w.-]+)")
_TYPES = {
    "string": "un texte",
    "number": "un nombre",
    "integer": "un entier",
    "boolean": "un booléen",
    "object": "un objet",
    "array": "une liste",
    "null": "nul",
}
_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
_XSD_TYPES = {
    "dateTime": "une date AAAA-MM-JJThh:mm:ss±hh:mm",
    "decimal": "un nombre",
    "int": "un entier",
    "boolean": "true ou false",
    "language": "un code de langue",
}
OUT_OF_LIST = "valeur hors de la liste permise"
UNKNOWN_FIELD = "champ inconnu de ce modèle"
DATE_FORM = "date attendue sous la forme AAAA-MM-JJThh:mm:ss±hh:mm, sans Z ni fraction"


def json_words(error: ValidationError) -> tuple[str, str]:  # noqa: PLR0911 - one line per kind of rule
    """French, then the hub's words."""
    match error.kind:
        case Kind.Required():
            return "champ obligatoire absent", "is missing but it is required"
        case Kind.AdditionalProperties():
            return (
                UNKNOWN_FIELD,
                "is not defined in the schema and the schema does not allow additional properties",
            )
        case Kind.Enum(options=options):
            return _listed(options), f"does not have a value in the enumeration {_plain(options)}"
        case Kind.Pattern(pattern=pattern):
            if _DATE_PATTERN.match(pattern):
                return DATE_FORM, f"does not match the regex pattern {pattern}"
            return f"ne respecte pas la forme attendue : {pattern}", f"does not match the regex pattern {pattern}"
        case Kind.Type(types=types):
            return _wrong_type(error.instance, types)
        case Kind.Format(format="date-time"):
            return (
                "date attendue au format RFC 3339, par exemple 2026-03-01T10:00:00+01:00",
                "does not match the date-time pattern must be a valid RFC 3339 date-time",
            )
        case Kind.MinItems(limit=limit):
            return f"au moins {limit} élément(s) attendu(s)", f"must have at least {limit} items"
        case Kind.MaxItems(limit=limit):
            return f"au plus {limit} élément(s) permis", f"must have at most {limit} items"
        case kind:
            return f"règle « {kind.name} » non respectée", f"does not respect the rule {kind.name}"


def xsd_words(  # noqa: PLR0911 - one line per kind of rule
    error: etree._LogEntry, tag: str, written_as: Mapping[str, str]
) -> str:
    """French words for one line of libxml2's log, from its rule and its expectations, never from its value."""
    facet = _FACET.search(error.message)
    match error.type_name:
        case "SCHEMAV_ELEMENT_CONTENT":
            return _content_words(error.message, tag)
        case "SCHEMAV_CVC_ELT_1":
            return f"racine inconnue de ce modèle (espace de noms {_namespace(tag)})"
        case "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1" | "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2":
            return "attribut interdit ici"
        case "SCHEMAV_CVC_COMPLEX_TYPE_2_3" | "SCHEMAV_CVC_COMPLEX_TYPE_2_1":
            return "texte interdit ici : seuls des éléments sont attendus"
        case "SCHEMAV_CVC_TYPE_3_1_2":
            return "éléments interdits ici : une valeur simple est attendue"
        case _ if facet and facet[1] == "enumeration":
            return OUT_OF_LIST
        case _ if facet and facet[1] == "pattern":
            match = _BY_PATTERN.search(error.message)
            words = "ne respecte pas la forme attendue"
            return f"{words} : {written_as.get(match[1], match[1])}" if match else words
        case _ if facet:
            return f"longueur ou borne non respectée ({facet[1]})"
        case _:
            named = re.search(r"atomic type '(?:xs:)?(\w+)'\.$", error.message)
            kind = _XSD_TYPES.get(named[1], named[1]) if named else "une valeur de l’XSD"
            return f"type attendu : {kind}"


def _content_words(message: str, tag: str) -> str:
    expected = _EXPECTED.search(message)
    qualified = _QUALIFIED.findall(expected[1]) if expected else []
    names = [name for _, name in qualified]
    local = tag.rpartition("}")[2]
    if "Missing child" in message:
        return f"élément(s) obligatoire(s) absent(s), attendu : {_some(names)}"
    if local in names:
        wanted = next(namespace for namespace, name in qualified if name == local)
        return f"espace de noms {_namespace(tag)}, attendu : {wanted}"
    if names:
        return f"élément inattendu ici, attendu : {_some(names)}"
    return "élément inattendu ici : rien n’est plus attendu"


def _namespace(tag: str) -> str:
    return tag[1:].rpartition("}")[0] if tag.startswith("{") else "absent"


def _wrong_type(instance: object, types: list[str]) -> tuple[str, str]:
    type_name = "null" if instance is None else _NAMES.get(type(instance), "unknown")
    wanted = " ou ".join(_TYPES.get(name, name) for name in types)
    hub = f"{type_name} found, {', '.join(types)} expected"
    if instance is None:
        return f"valeur nulle interdite : retirer la clé (attendu : {wanted})", hub
    return f"{wanted} attendu, {_TYPES.get(type_name, type_name)} reçu", hub


def _listed(options: object) -> str:
    values = [str(option) for option in options] if isinstance(options, list) else []
    return f"{OUT_OF_LIST} : {_some(values)}"


def _some(values: list[str]) -> str:
    shown = ", ".join(values[:_SHOWN])
    return shown if len(values) <= _SHOWN else f"{shown}… ({len(values)} en tout)"


def _plain(options: object) -> str:
    return "[" + ", ".join(str(option) for option in options) + "]" if isinstance(options, list) else ""
