"""The code lists: every closed list of values, with a sentence for each value.

They are published as enums in OpenAPI and whole at `/v1/vocabulary`. Adding a value to a list is a
compatible change; removing one invalidates stored records. Lists that follow a standard name it.
"""

from api.vocabulary.computed import (
    DIFFERENCE,
    LEFT_OUT,
    LINE_STATE,
    MOVE,
    NOTE_KIND,
    RESPONSE,
    ROW_KIND,
    SILENCE,
    THROUGH,
    TIMELINE_KIND,
    VERDICT,
)
from api.vocabulary.recorded import (
    ACTOR_KIND,
    ANTECEDENTS_KIND,
    ATTESTATION,
    AXIOM_KIND,
    CONFLICT_KIND,
    DOUBT_KIND,
    END_REASON,
    FORCE,
    ISSUE_CONTEXT,
    MEASURE_OP,
    MEMBERS_KIND,
    MODALITY,
    PARTY_STATUS,
    RANK,
    SCOPE,
    SOURCE_KIND,
    TIMING,
    VOICE,
    CodeList,
)
from api.vocabulary.recorded import VERBS as VERBS

CODE_LISTS: tuple[CodeList, ...] = (
    FORCE, ATTESTATION, MODALITY, ANTECEDENTS_KIND, TIMING, SCOPE, END_REASON, RANK, VOICE,
    ACTOR_KIND, MEMBERS_KIND, PARTY_STATUS, CONFLICT_KIND, SOURCE_KIND, AXIOM_KIND, MEASURE_OP,
    DOUBT_KIND, ISSUE_CONTEXT, THROUGH, VERDICT, MOVE, LEFT_OUT, NOTE_KIND, ROW_KIND, SILENCE,
    RESPONSE, LINE_STATE, TIMELINE_KIND, DIFFERENCE,
)  # fmt: skip
