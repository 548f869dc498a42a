{#- Columns of the lake tables that the models read. dp_assets/domain/contracts.py describes them; a test compares. -#}

{%- macro timestamp_type() -%}
  {{ return('timestamp' if target.type == 'spark' else 'timestamp with time zone') }}
{%- endmacro -%}

{%- macro labels_type() -%}{{ return('array<string>' if target.type == 'spark' else 'varchar[]') }}{%- endmacro -%}

{%- macro attribute_columns() -%}
  {%- set found = [] -%}
  {%- for attribute in var('attributes') -%}
    {%- do found.append({'name': attribute.name, 'data_type': labels_type() if attribute.kind == 'multi' else 'string'}) -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro -%}

{%- macro columns_of(types) -%}
  {%- set found = [] -%}
  {%- for name, data_type in types.items() -%}{%- do found.append({'name': name, 'data_type': data_type}) -%}{%- endfor -%}
  {{ return(found) }}
{%- endmacro -%}

{%- macro transaction_columns() -%}
  {#- `channel` may be configured as an attribute; then it stands among the attributes. -#}
  {%- set types = {
    'file_version_id': 'string', 'row_number': 'bigint', 'producer': 'string', 'known_from': timestamp_type(),
    'sold_at': timestamp_type(), 'sold_on': 'date', 'sku': 'string', 'location': 'string', 'channel': 'string',
    'transaction_id': 'string', 'quantity': 'double', 'revenue': 'double', 'unit_price': 'double'
  } -%}
  {%- if 'channel' in var('attributes') | map(attribute='name') -%}{%- do types.pop('channel') -%}{%- endif -%}
  {{ return(columns_of(types) + attribute_columns()) }}
{%- endmacro -%}

{%- macro product_columns() -%}
  {{ return(columns_of({
    'file_version_id': 'string', 'row_number': 'bigint', 'producer': 'string', 'known_from': timestamp_type(),
    'sku': 'string'
  }) + attribute_columns()) }}
{%- endmacro -%}

{%- macro lake_tables() -%}
  {{ return({
    'unified_transactions': transaction_columns(),
    'product_master': product_columns(),
    'attribute_corrections': columns_of({
      'file_version_id': 'string', 'row_number': 'bigint', 'producer': 'string', 'known_from': timestamp_type(),
      'sku': 'string', 'attribute': 'string', 'value': 'string', 'labels': labels_type(),
      'user': 'string', 'reason': 'string'
    }),
    'promotions': columns_of({
      'file_version_id': 'string', 'row_number': 'bigint', 'producer': 'string', 'known_from': timestamp_type(),
      'sku': 'string', 'level': 'string', 'member': 'string', 'starts_on': 'date', 'ends_on': 'date', 'kind': 'string',
      'discount': 'double', 'share': 'double'
    }),
    'version_spans': columns_of({
      'file_version_id': 'string', 'producer': 'string', 'feed': 'string', 'known_from': timestamp_type(),
      'superseded_from': timestamp_type()
    }),
    'bucket_ends': columns_of({'bucket_start': 'date', 'known_at': timestamp_type()}),
    'restatements': columns_of({
      'file_version_id': 'string', 'row_number': 'bigint', 'sold_on': 'date', 'event': 'string',
      'known_from': timestamp_type(), 'sign': 'bigint'
    })
  }) }}
{%- endmacro -%}

{%- macro select_columns(columns) -%}
  {%- for column in columns -%}{{ adapter.quote(column.name) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro -%}

{%- macro check_columns() -%}
  {#- dbt's contracts name fixed columns. Where columns follow the configuration, the contract comes in as a variable from
      dp_assets/domain/contracts.py, and a difference stops the build here, before anything is exported. -#}
  {%- set expected = var('contracts').get(this.identifier) -%}
  {%- if execute and expected -%}
    {%- set found = [] -%}
    {%- for column in adapter.get_columns_in_relation(this) -%}
      {%- do found.append(column.name ~ ' ' ~ column.dtype | lower) -%}
    {%- endfor -%}
    {%- set wanted = [] -%}
    {%- for column in expected -%}{%- do wanted.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
    {%- if found != wanted -%}
      {{ exceptions.raise_compiler_error(
        'mart ' ~ this.identifier ~ ' breaks its contract: expected columns ' ~ wanted ~ ', got ' ~ found
      ) }}
    {%- endif -%}
  {%- endif -%}
{%- endmacro -%}
