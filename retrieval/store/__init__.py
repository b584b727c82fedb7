"""The SQL database: engine, tables, migrations, and small facts about the whole."""
