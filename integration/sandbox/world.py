"""All the state of one sandbox, passed to whoever answers."""

from dataclasses import dataclass, field

from integration.sandbox.access import Access
from integration.sandbox.clock import Clock
from integration.sandbox.faults import Script
from integration.sandbox.journal import Journal


@dataclass(frozen=True, slots=True)
class World:
    """`latency` is what each call to the events edge takes at least, in seconds."""

    journal: Journal = field(default_factory=Journal)
    clock: Clock = field(default_factory=Clock)
    access: Access = field(default_factory=Access)
    script: Script = field(default_factory=Script)
    latency: float = 0.0
