"""Presents members: what each wants, in words and in logic, since when and by whose word."""

from api import clock
from api.analysis.deadlock import answer
from api.analysis.engine.days import format_day
from api.analysis.engine.model import Member
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.engine.stances import day_of, rank_voice


def present_member(scene: Scene, say: Sentences, member: Member) -> answer.DemandMember:
    """Present what a holder wants, by its records."""
    claim = member.claim
    return answer.DemandMember(
        noun=member.noun,
        id=member.records[0] if member.records else claim.literals[0],
        records=list(member.records),
        holder=member.holder,
        literal=claim.literals[0] if claim.kind == "holds" else None,
        inferred=claim.inferred,
        claim=_present_claim(member),
        **_tell_attestation(scene, say, member),
        sentence=say.describe_member(member),
    )


def _tell_attestation(scene: Scene, say: Sentences, member: Member) -> dict[str, str | None]:
    """Return since when records say what a member wants, until when, and by whose word."""
    records = scene.find_records(member.noun, member.records)
    latest = max(records, key=lambda each: (rank_voice(each), day_of(each)), default=None)
    account = None
    if latest:
        is_supposed = latest["attested_on"] == clock.OPEN
        account = "supposed" if is_supposed else say.describe_account(latest, member.holder)
    return {
        "since": _date_day(min((each["attested_on"] for each in records), default=None)),
        "last_attested_on": _date_day(
            max((each["last_attested_on"] for each in records), default=None)
        ),
        "account": account,
    }


def _present_claim(member: Member) -> answer.Claim:
    """Present what a member wants in logic, so that the answer can be checked from itself."""
    claim = member.claim
    return answer.Claim(
        kind=claim.kind,
        alternatives=claim.alternatives,
        consequents=claim.consequents,
        necessary=claim.necessary,
        sufficient=claim.sufficient,
        timing=member.timing,
        refuses=member.is_refusal,
    )


def _date_day(day: str | None) -> str | None:
    """Return a day on record; None for that of a supposed record."""
    return None if day == clock.OPEN else day


def tell_with_account(member: answer.DemandMember) -> str:
    """Say what a member wants, by whose word, when, and since when."""
    if member.account is None:
        return member.sentence
    first, last = member.since, member.last_attested_on
    told = [member.account, *([format_day(last)] if last else [])]
    told += [f"first on {format_day(first)}"] if first and first != last else []
    return f"{member.sentence} ({', '.join(told)})"
