"""Tools of the curator: places of figures, checks of a batch, two readings compared, templates of tables, old facts converted."""
