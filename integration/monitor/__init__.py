"""What is watched, measured and proven of connected stores: coverage, and who else tells Meta."""
