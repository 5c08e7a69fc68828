#!/bin/sh
# Run by the postgres image on its first start: the product's role owns its database and nothing else.
# Neither superuser nor BYPASSRLS: row-level security between firms holds only for such a role.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=password="$(cat /run/secrets/database_password)" <<'SQL'
CREATE ROLE qbo_sync LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE qbo_sync OWNER qbo_sync ENCODING 'UTF8' TEMPLATE template0;
SQL
