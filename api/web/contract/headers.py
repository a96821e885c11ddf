"""What the answers of all nouns have in common: headers, links, and the id in an address."""

from typing import Any

from api.ledger.noun import Noun
from api.web.contract.fields import Id
from api.web.contract.openapi import make_link, path_parameter
from api.web.resource import Resource


def make_id_parameter(resource: Resource) -> dict[str, Any]:
    """Document the id in the address of a record."""
    about = f"the id of the {resource.singular}"
    return path_parameter("id", about, resource.example_id, **Id("").metadata["shape"])


def document_links(noun: Noun, id: str, *, tagged: bool = False) -> dict[str, Any]:
    """Document where an answer leads: to its record, and with its ETag to what changes it."""
    title = noun.singular.title()
    links = {
        "read": make_link(f"get{title}", id=id),
        "history": make_link(f"list{title}Revisions", id=id),
    }
    if tagged:
        given = {"id": id, "If-Match": "$response.header.ETag"}
        links["amend"] = make_link(f"amend{title}", **given)
        links["retract"] = make_link(f"retract{title}", **given)
    return links


def _document_header(about: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}}


KNOWN: dict[str, Any] = {
    "ETag": _document_header("names the answer; for If-None-Match"),
    "Sinequanon-Known-At": _document_header("the changeset as of which it was answered"),
}
ANSWERED: dict[str, Any] = {
    **KNOWN,
    "Sinequanon-Valid-At": _document_header("the day for which it was answered, or `any`"),
}
WRITTEN: dict[str, Any] = {
    "ETag": _document_header("names the revision; for If-Match and If-None-Match"),
    "Sinequanon-Changeset": _document_header("the newest changeset after the write"),
}
CREATED = {**WRITTEN, "Location": _document_header("the address of the record")}
