"""Judging the site's search and answers on a corpus with questions: `manage.py evaluate`.

`dataset` reads what is judged, `running` indexes it in a database of its own, `asking` asks every
question through the real pipeline; `metrics` holds the arithmetic, and `judging`, `refusal` and
`answers` what is measured with it; `comparing` holds two results against each other; `result` puts
all into one object, `table` and `report` show it. Nothing here ranks, weighs or decides anything
that readers see.
"""
