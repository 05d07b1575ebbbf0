"""Another embedding model without a gap: its vectors beside the old, then one write that switches.

Begin (`lease`) → what it will take (`estimating`) → batch by batch (`copying`, at the rate of
`pacing`) → the switch, and later the dropping of the old (`switching`). Which recipe is searched
is `knowledge.recipes`; the command is `manage.py reembed`.
"""
