"""A stand-in for Meta's Graph API on loopback: refuses what Meta refuses, counts what Meta would count, fails on demand.

Its own process (`python -m integration.sandbox`), standard library only, and it knows nothing of the service. That is
what makes its journal evidence: a mistake of ours cannot be repeated here by sharing the code that made it.

Where the vendor is silent the sandbox is strict and says so beside the rule with the word "unverified".
"""
