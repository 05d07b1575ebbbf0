from django.db import migrations


def keep_indexed_text(apps, schema_editor):
    """Give articles that are indexed already what the worker now writes: `indexed`.

    Inside the server, in one go: no text crosses, and what the worker wrote meanwhile stays.
    """
    indexed = {"indexed_revision": {"$gt": 0}, "indexed": {"$exists": False}}
    same = {"$and": [{"$eq": ["$article_id", "$$id"]}, {"$eq": ["$number", "$$number"]}]}
    text = {"_id": 0, "title": 1, "content": 1}
    lookup = {
        "from": "article_revisions",
        "let": {"id": "$_id", "number": "$indexed_revision"},
        "pipeline": [{"$match": {"$expr": same}}, {"$project": text}],
        "as": "indexed",
    }
    keep = [{"$set": {"indexed": {"$ifNull": ["$indexed", "$$new.indexed"]}}}]
    schema_editor.connection.get_collection("articles").aggregate(
        [
            {"$match": indexed},
            {"$project": {"indexed_revision": 1}},
            {"$lookup": lookup},
            {"$unwind": "$indexed"},
            {"$merge": {"into": "articles", "whenMatched": keep, "whenNotMatched": "discard"}},
        ]
    )


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0008_owners_and_trash'),
    ]

    operations = [
        migrations.RunPython(keep_indexed_text, migrations.RunPython.noop),
    ]
