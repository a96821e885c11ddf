"""The fields of an actor."""

from api.vocabulary import ACTOR_KIND, MEMBERS_KIND
from api.web.contract.fields import FEW, Code, Edtf, Ids, Many, Part, Ref, Text
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields, StrictSchema


class OfficeSchema(StrictSchema):
    """An office that a person holds. `from` is a keyword of Python, hence `from_`."""

    title = Text("the office", longest=200, required=True)
    of = Ref("actors", "the body in which it is held", required=True)
    # `classify_voice` reads it: an office that speaks for a part also speaks for its wholes.
    speaks_for = Ref("actors", "the actor in whose name its holder speaks", reads=("part_of",))
    from_ = Edtf("since when", point=True, data_key="from", attribute="from")
    to = Edtf("until when", point=True)
    evidence = Ids("statements", "the statements that show it", most=FEW)


class MemberSchema(StrictSchema):
    """A member of a collective or organisation."""

    actor = Ref("actors", "the member", required=True)
    from_ = Edtf("since when", point=True, data_key="from", attribute="from")
    to = Edtf("until when", point=True)


class ActorDraftSchema(DraftSchema):
    """An actor as an author writes it: it holds, says, is asked or is addressed."""

    name = Text("its usual name", longest=200, required=True)
    kind = Code(ACTOR_KIND, required=True)
    aliases = Many(Text("a name", longest=200, required=True), "other names for it")
    iso3166 = Text(
        "the state's code (ISO 3166-1 alpha-3)", longest=3, pattern=r"^[A-Z]{3}$",
        hint="must be three capital letters, such as UKR",
    )  # fmt: skip
    wikidata = Text(
        "its item in Wikidata; leave it out rather than guess", longest=12,
        pattern=r"^Q[1-9][0-9]*$", hint="must be the id of a Wikidata item, such as Q212",
    )  # fmt: skip
    part_of = Ref("actors", "the actor of which it is a part", reads=("part_of",))
    offices = Many(
        Part(OfficeSchema, required=True), "the offices that the person holds or held", most=50
    )
    members = Many(Part(MemberSchema, required=True), "the actors that belong to it")
    members_kind = Code(MEMBERS_KIND)
    label_by = Ref("actors", "the actor that uses this name for them")


class ActorExpandedSchema(StrictSchema):
    """The records that `expand` shows within an actor."""

    positions = Part("PositionPageSchema", "what it holds, the newest first")
    preconditions = Part("PreconditionPageSchema", "what it makes a condition of what")


class ActorRecordSchema(ActorDraftSchema, ServerFields):
    """An actor as the registry serves it."""

    links = Links(
        "an actor",
        positions=LinkTo("/v1/positions?holder={id}", "what it holds"),
        preconditions=LinkTo("/v1/preconditions?holder={id}", "what it makes a condition of what"),
        asked=LinkTo("/v1/preconditions?obligor={id}", "the preconditions that wait for its act"),
        statements=LinkTo("/v1/statements?speaker={id}", "what it says"),
        dossier=LinkTo("/v1/actors/{id}/dossier", "all that it holds, by issue"),
        part_of=LinkTo("/v1/actors/{part_of}", "the actor that it is part of"),
    )
    expanded = Part(ActorExpandedSchema, "what `expand` asked for", dump_only=True)
    wholes = Ids("actors", "every actor that it is a part of, at any level", dump_only=True)
