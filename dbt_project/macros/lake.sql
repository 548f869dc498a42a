{#- The seam to the lake: which files a run reads, and where its marts go. -#}

{%- macro register_lake() -%}
  {#- Makes the run's files visible as lake.<table>. A table without files is there too, empty but typed. -#}
  {%- if execute -%}
    {%- do run_query('create schema if not exists lake') -%}
    {%- for table, columns in lake_tables().items() -%}
      {%- do adapter.dispatch('register_table')(table, columns, lake_files(table)) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro lake_files(table) -%}
  {#- Paths of one table's files, from the run's list: a list of any length fits, where --vars holds 128 KiB. -#}
  {%- if not var('inputs') -%}{{ return([]) }}{%- endif -%}
  {%- set query -%}
    select path from {{ parquet_file(var('inputs')) }} where table_name = '{{ table }}' order by path
  {%- endset -%}
  {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro -%}

{%- macro empty_table(columns) -%}
  select
  {%- for column in columns %}
    cast(null as {{ column.data_type }}) as {{ adapter.quote(column.name) }}{{ ',' if not loop.last }}
  {%- endfor %}
  where false
{%- endmacro -%}

{%- macro duckdb__register_table(table, columns, files) -%}
  {#- hive_partitioning off: file_version_id is a column of the file, the folder's name must not add another. -#}
  {%- set statement -%}
    create or replace view lake.{{ table }} as
    {{ empty_table(columns) }}
    {%- if files %}
    union all by name
    select * from read_parquet([
      {%- for file in files %}
      '{{ file | replace("'", "''") }}'{{ ',' if not loop.last }}
      {%- endfor %}
    ], union_by_name => true, hive_partitioning => false)
    {%- endif %}
  {%- endset -%}
  {%- do run_query(statement) -%}
{%- endmacro -%}

{%- macro spark__register_table(table, columns, files) -%}
  {%- set names -%}
    {%- for column in columns -%}{{ adapter.quote(column.name) }}{{ ', ' if not loop.last }}{%- endfor -%}
  {%- endset -%}
  {%- set statement -%}
    create or replace view lake.{{ table }} as
    {{ empty_table(columns) }}
    {%- for file in files %}
    union all select {{ names }} from parquet.`{{ file }}`
    {%- endfor %}
  {%- endset -%}
  {%- do run_query(statement) -%}
{%- endmacro -%}

{%- macro parquet_file(path) -%}{{ return(adapter.dispatch('parquet_file')(path)) }}{%- endmacro -%}
{%- macro duckdb__parquet_file(path) -%}read_parquet('{{ path | replace("'", "''") }}'){%- endmacro -%}
{%- macro spark__parquet_file(path) -%}parquet.`{{ path }}`{%- endmacro -%}

{%- macro export_staged() -%}
  {#- Writes a mart to the run's staging folder, computed once and never held in memory; what reads the mart from here on,
      the data tests above all, reads that file. Not dbt-duckdb's `external`, which writes a row of nulls for an empty
      result and leaves files of earlier runs behind. -#}
  {%- if execute and var('staging') -%}
    {%- set file = var('staging') ~ '/' ~ this.identifier ~ '.parquet' -%}
    {%- do run_query(adapter.dispatch('write_staged')(file)) -%}
    {%- do run_query('create or replace view ' ~ this ~ ' as select * from ' ~ parquet_file(file)) -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro by_partition() -%}
  {#- In the order of the partition column, so that reading some partitions skips the row groups of the others. -#}
  select * from {{ this }}{% if config.get('partition_column') %} order by {{ config.get('partition_column') }}{% endif %}
{%- endmacro -%}

{%- macro duckdb__write_staged(file) -%}
  copy ({{ by_partition() }}) to '{{ file | replace("'", "''") }}' (format parquet)
{%- endmacro -%}

{%- macro spark__write_staged(file) -%}
  insert overwrite directory '{{ file }}' using parquet {{ by_partition() }}
{%- endmacro -%}
