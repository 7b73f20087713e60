"""The road of an order, in two walks and one hand-over.

Walk 1, inside the HTTP request: `receive` (verify, parse, judge with `qualify` and `prepare`, one transaction).
Walk 2, inside an RQ job: `deliver` (lease, consent, age, one call per batch, outcome). Between them lies a row.
`sweep` finds the rows that nobody was woken for. `consent`, `identity`, `prepare`, `qualify`, `schedule` are pure.
"""
