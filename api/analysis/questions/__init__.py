"""The questions of analysis, a file each: query schema, typed answer, flat rows.

A question is data (`question`), and is served alike whatever it asks (`api.analysis.routes`).
`queries` holds the parameters that several share, `lines` what they tell of a record. `layout` and
`cells` belong to `matrix`, `votes` to `agreement`; `whatif` is the body of the one question that is
posted. `ALL_QUESTIONS` lists those that are asked by GET, as the documentation does.
"""

from typing import Any

from api.analysis.questions import agreement, deadlock, diff, dossier, matrix, responses, timeline
from api.analysis.questions.question import AnalysisQuestion

ALL_QUESTIONS: tuple[AnalysisQuestion[Any], ...] = (
    deadlock.QUESTION,
    matrix.QUESTION,
    timeline.QUESTION,
    diff.QUESTION,
    responses.QUESTION,
    dossier.QUESTION,
    agreement.QUESTION,
)
