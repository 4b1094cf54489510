"""The HTML pages: one module for each page, and for each part that several pages share."""
