"""Use-cases of one store: connect it, give it a dataset, change its settings, let it go."""
