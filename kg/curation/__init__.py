"""Tools of the curator: offsets of figures, two readings compared, templates of tables, a new batch."""
