"""Alembic's entry: migrates the domain database, never Airflow's."""

from alembic import context
from sqlalchemy import create_engine

from yingda.store.models import Base

url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url")
if not url:
    from yingda import settings

    url = settings.current().database_url
if not url:
    raise SystemExit("No database to migrate. Set YINGDA_DATABASE_URL, or use `python -m yingda migrate`.")

if context.is_offline_mode():
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(url)
    with engine.begin() as connection:
        # One migrator at a time; the lock goes with the transaction.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(727274)")
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
