from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0005_trashed_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='bulkaction',
            name='value',
            field=models.CharField(blank=True, default='', max_length=1000),
        ),
        migrations.AddField(
            model_name='bulkaction',
            name='skipped',
            field=models.JSONField(default=list),
        ),
    ]
