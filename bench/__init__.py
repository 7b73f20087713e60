"""`make bench`: what the service costs, side by side with the bare and with the usual way, in one run, as ratios.

Not a test: a busy machine makes every number worse. Read the ratios, and the CPU times before the times on the clock.
"""
