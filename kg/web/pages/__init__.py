"""The pages for people: one file a page or a thing that several pages share; templates and static files stand beside."""
