"""Everything the user sees and touches; the only package that knows Qt."""
