from django.db import migrations, models

from knowledge.browsing.titles import title_key


def fill(apps, schema_editor):
    articles = apps.get_model("knowledge", "Article").objects
    for pk, title in articles.filter(title_key="").values_list("pk", "title").iterator():
        articles.filter(pk=pk).update(title_key=title_key(title))


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0002_authoring'),
    ]

    operations = [
        migrations.AddField(
            model_name='article',
            name='title_key',
            field=models.CharField(default='', editable=False, max_length=200),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
