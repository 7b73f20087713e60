"""HTTP in, HTTP out. Holds no rules: each view hands over and words the answer."""
