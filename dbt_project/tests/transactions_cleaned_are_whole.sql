-- A reported row says in which bucket it falls, where it stands, and how much was sold. One pass over the mart.
select bucket_start, file_version_id, row_number
from {{ ref('transactions_cleaned') }}
where bucket_start is null or file_version_id is null or row_number is null or quantity is null
