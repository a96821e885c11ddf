"""What a page says to machines: schema.org's Dataset and Claim, and W3C's Web Annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.explorer.addresses import PageRequest, with_format
from api.ledger.noun import Record

_SCHEMA_ORG, _ANNOTATION = "https://schema.org", "http://www.w3.org/ns/anno.jsonld"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"

LinkedData = Mapping[str, Any]


def describe_dataset(page: PageRequest, name: str, description: str, data: str) -> LinkedData:
    """Describe the records behind a page as a dataset that the API serves at a path."""
    forms = {"application/json": data, "text/csv": with_format(data, "csv")}
    return {
        "@context": _SCHEMA_ORG, "@type": "Dataset", "name": name, "description": description,
        "url": page.canonical, "license": _LICENCE, "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "Sine Qua Non", "url": f"{page.root}/"},
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": form, "contentUrl": page.root + path}
            for form, path in forms.items()
        ],
    }  # fmt: skip


def describe_claim(
    page: PageRequest, sentence: str, holder: str, record: Record, sources: Sequence[Record]
) -> LinkedData:
    """Describe a position or precondition as a claim that appears in its sources."""
    return {
        "@context": _SCHEMA_ORG, "@type": "Claim", "text": sentence, "url": page.canonical,
        "datePublished": record["attested_on"], "license": _LICENCE,
        "author": {"@type": "Thing", "name": holder},
        "appearance": [
            {"@type": "CreativeWork", "name": each["title"], "inLanguage": each["language"],
             "url": each["url"] or f"{page.root}/sources/{each['id']}"}
            for each in sources
        ],
    }  # fmt: skip


def annotate_source(page: PageRequest, said: Record, source: Record) -> LinkedData:
    """Describe a statement as an annotation of a passage in its source."""
    selectors = [{"type": "TextPositionSelector", "start": said["start"], "end": said["end"]}]
    if said["exact"]:
        selectors.append({"type": "TextQuoteSelector", "exact": said["exact"]})
    address = source["url"] or f"{page.root}/sources/{said['source']}"
    return {
        "@context": _ANNOTATION, "type": "Annotation", "id": page.canonical, "rights": _LICENCE,
        "body": {"type": "TextualBody", "value": said["gist"] or said["exact"]},
        "target": {"source": address, "selector": selectors},
    }  # fmt: skip
