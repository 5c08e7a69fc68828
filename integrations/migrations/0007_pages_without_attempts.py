from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_outlast_an_outage")]
    operations = [migrations.RemoveField(model_name="importpage", name="attempts")]
