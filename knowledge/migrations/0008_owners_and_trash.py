from django.db import migrations
from django.utils import timezone


def date_the_trash(apps, schema_editor):
    """What was deleted before the trash had dates: it can be restored as long as what is new."""
    articles = apps.get_model("knowledge", "Article").objects
    articles.filter(status="trashed", trashed_at=None).update(trashed_at=timezone.now())


def name_owners(apps, schema_editor):
    """Workspaces from before there were owners belong to whoever has been an admin longest."""
    admins = apps.get_model("knowledge", "Membership").objects.filter(role="admin")
    workspaces = apps.get_model("knowledge", "Workspace").objects
    for pk in workspaces.filter(owner=None).values_list("pk", flat=True):
        if first := admins.filter(workspace_id=pk).order_by("created_at", "pk").first():
            workspaces.filter(pk=pk).update(owner_id=first.user_id)


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0007_import_confirmed_at'),
    ]

    operations = [
        migrations.RunPython(date_the_trash, migrations.RunPython.noop),
        migrations.RunPython(name_owners, migrations.RunPython.noop),
    ]
