"""Submissions: changes that one person proposes and another one accepts, and readers' notes.

1. `plans` translates what was sent (a coded source, a changeset, or a changeset to take back) into
   a plan: the changes that it comes to, each with the revision that it expects.
2. `queue` stores it in a table of its own (`tables`), which nothing that the registry serves reads;
   `access` reads what a person may see of that. `queue` writes an accepted plan as one changeset,
   in the transaction that closes the submission. So it is accepted once, whoever retries and
   wherever the server stops.
3. `preview` lays the plan over a snapshot of the present records: what it would write, which
   faults stand in its way, and which collisions would appear or dissolve (`analysis.effects`).

Decisions:

- A plan is made when it is proposed or revised, so what was previewed is what is written. A record
  that was amended meanwhile makes the plan outdated: its author revises it, nothing is overwritten.
- A decision names the revision that was read (If-Match), so nobody accepts what they have not seen.
- People are names of keys. Whoever proposed it never accepts it, with whichever key.
- What is sent twice is stored once, so a client that lost an answer may send it again.
"""
