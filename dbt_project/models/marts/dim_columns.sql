-- What each mart and each of its columns is, in the words of this project, so that whoever asks the
-- warehouse alone can read them there. They change only with a rule, and then all is built anew.

{{ config(materialized='incremental', incremental_strategy='append') }}

with

described (mart, column_number, column_name, data_type, description) as (
    values
    {{ described_columns() }}
)

select * from described
where mart <> ''
