/** What a generated program may use: everything else is refused. */

const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Names of modules that may be imported and used in any way, also handed on as values. Each is harmless with any arguments: it opens no
 * file, no connection, no process, and turns no text into code. Those of `SPECIAL` have forms of their own.
 */
const PLAIN: Readonly<Record<string, string>> = {
  __future__: 'annotations',
  abc: 'ABC abstractmethod',
  asyncio: 'gather wait_for timeout sleep run to_thread Lock Semaphore TimeoutError CancelledError',
  base64: 'b64encode b64decode urlsafe_b64encode urlsafe_b64decode',
  bedrock_agentcore: '',
  'bedrock_agentcore.runtime': '',
  'bedrock_agentcore.runtime.context': '',
  boto3: '',
  'botocore.config': '',
  'botocore.exceptions': `ClientError BotoCoreError NoCredentialsError EndpointConnectionError ConnectTimeoutError ReadTimeoutError
    ConnectionError HTTPClientError ParamValidationError`,
  calendar: 'day_name month_name day_abbr month_abbr monthrange isleap',
  collections: 'defaultdict Counter OrderedDict deque ChainMap',
  'collections.abc': `AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection Coroutine Generator Hashable Iterable
    Iterator Mapping MutableMapping MutableSequence Sequence Set Sized`,
  contextlib: 'suppress nullcontext',
  copy: 'copy deepcopy',
  csv: 'reader writer DictReader DictWriter QUOTE_MINIMAL QUOTE_ALL QUOTE_NONNUMERIC QUOTE_NONE',
  dataclasses: 'field asdict astuple replace',
  datetime: 'datetime date time timedelta timezone UTC',
  decimal: `Decimal InvalidOperation DivisionByZero ROUND_HALF_UP ROUND_HALF_EVEN ROUND_HALF_DOWN ROUND_UP ROUND_DOWN ROUND_FLOOR
    ROUND_CEILING`,
  enum: '',
  fractions: 'Fraction',
  functools: 'partial reduce lru_cache cache cached_property',
  hashlib: 'sha256 sha1 md5 sha512 blake2b',
  hmac: 'compare_digest new',
  html: 'escape unescape',
  io: 'StringIO BytesIO',
  itertools: `accumulate batched chain combinations count cycle dropwhile filterfalse groupby islice pairwise permutations product repeat
    starmap takewhile tee zip_longest`,
  json: 'dumps load loads JSONDecodeError JSONEncoder',
  logging: `getLogger Logger LoggerAdapter DEBUG INFO WARNING WARN ERROR CRITICAL debug info warning error exception critical getLevelName
    getLevelNamesMapping`,
  math: `ceil floor trunc sqrt pow exp log log2 log10 sin cos tan asin acos atan atan2 radians degrees hypot pi e tau inf nan isnan isinf
    isfinite isclose fabs fmod fsum gcd lcm comb perm prod copysign dist factorial modf`,
  operator: 'itemgetter',
  os: '',
  pathlib: '',
  random: 'choice choices randint random randrange sample shuffle uniform',
  re: `compile match search fullmatch findall finditer sub subn split escape error Match Pattern A ASCII I IGNORECASE M MULTILINE S DOTALL
    X VERBOSE U UNICODE NOFLAG RegexFlag`,
  secrets: 'compare_digest choice randbelow token_hex token_urlsafe',
  statistics: 'mean median mode stdev fmean',
  strands: '',
  'strands.models': '',
  'strands.models.bedrock': '',
  string:
    'ascii_letters ascii_lowercase ascii_uppercase digits hexdigits punctuation whitespace printable capwords Template',
  textwrap: 'dedent fill indent shorten wrap',
  time: 'time time_ns monotonic monotonic_ns perf_counter strftime strptime gmtime localtime sleep',
  traceback: 'format_exc print_exc',
  types: 'MappingProxyType',
  typing: `Any Pattern Match Optional Union Dict List Tuple Set FrozenSet Literal Callable Iterator Iterable Generator AsyncIterator AsyncIterable
    AsyncGenerator Awaitable Coroutine Sequence Mapping MutableMapping Final ClassVar Annotated NotRequired Required Self TypeAlias
    NoReturn Never TypeGuard cast TYPE_CHECKING Hashable DefaultDict Deque OrderedDict LiteralString assert_never`,
  unicodedata: 'normalize category name',
  'urllib.parse': 'quote quote_plus unquote unquote_plus urlencode',
  uuid: 'uuid4 uuid5 UUID NAMESPACE_DNS NAMESPACE_URL NAMESPACE_OID',
  zoneinfo: 'ZoneInfo ZoneInfoNotFoundError',
};

/** Members that are allowed in certain forms only, which forms.ts describes. */
export const SPECIAL = {
  'bedrock_agentcore.BedrockAgentCoreApp': 'app',
  'bedrock_agentcore.RequestContext': 'annotation',
  'bedrock_agentcore.runtime.BedrockAgentCoreApp': 'app',
  'bedrock_agentcore.runtime.RequestContext': 'annotation',
  'bedrock_agentcore.runtime.context.RequestContext': 'annotation',
  'boto3.client': 'client',
  'botocore.config.Config': 'config',
  'collections.namedtuple': 'namedtuple',
  'contextlib.asynccontextmanager': 'decorator',
  'contextlib.contextmanager': 'decorator',
  'dataclasses.dataclass': 'decorator',
  'enum.Enum': 'base',
  'enum.IntEnum': 'base',
  'enum.StrEnum': 'base',
  'enum.Flag': 'base',
  'enum.IntFlag': 'base',
  'enum.auto': 'call',
  'enum.unique': 'decorator',
  'logging.basicConfig': 'logging',
  'os.environ': 'environment',
  'os.getenv': 'environment',
  'pathlib.Path': 'prompt-file',
  'strands.Agent': 'agent',
  'strands.tool': 'decorator',
  'strands.models.BedrockModel': 'model',
  'strands.models.bedrock.BedrockModel': 'model',
  'typing.Generic': 'base',
  'typing.NamedTuple': 'base',
  'typing.ParamSpec': 'type-variable',
  'typing.Protocol': 'base',
  'typing.TypedDict': 'base',
  // `Type[int](x)` is `type(x)`.
  'typing.Type': 'annotation',
  'typing.TypeVar': 'type-variable',
  'typing.runtime_checkable': 'decorator',
} as const;
export type SpecialForm = (typeof SPECIAL)[keyof typeof SPECIAL];

const PLAIN_MEMBERS = new Map(Object.entries(PLAIN).map(([module, members]) => [module, new Set(words(members))]));

/** Of which every member may be used in any way. */
export const isPlainModule = (module: string): boolean =>
  (PLAIN_MEMBERS.get(module)?.size ?? 0) > 0 && !Object.keys(SPECIAL).some((name) => name.startsWith(`${module}.`));
export const ALLOWED_MODULES: readonly string[] = Object.keys(PLAIN);
/** All that may be imported from a module. */
export const membersOf = (module: string): string[] => [
  ...[...(PLAIN_MEMBERS.get(module) ?? [])].filter((name) => name !== ''),
  ...Object.keys(SPECIAL).flatMap((name) =>
    name.replace(/\.\w+$/, '') === module ? [name.split('.').pop() ?? ''] : [],
  ),
];
export const isAllowedModule = (module: string): boolean => PLAIN_MEMBERS.has(module);
export function memberKind(module: string, member: string): SpecialForm | 'plain' | undefined {
  if (PLAIN_MEMBERS.get(module)?.has(member)) return 'plain';
  const name = `${module}.${member}`;
  return Object.hasOwn(SPECIAL, name) ? SPECIAL[name as keyof typeof SPECIAL] : undefined;
}

/** Distribution packages that may stand in requirements.txt, and the modules that need them. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'bedrock-agentcore': ['bedrock_agentcore'],
  boto3: ['boto3', 'botocore'],
  botocore: ['botocore'],
  'strands-agents': ['strands'],
  tzdata: [],
};

/** Builtins that may be called and handed on. */
export const BUILTINS: ReadonlySet<string> = new Set(
  words(`abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter float format
  frozenset hash hex id int isinstance issubclass iter len list map max min next object oct ord pow print property range repr reversed
  round set slice sorted staticmethod str sum tuple zip NotImplemented Ellipsis
  ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup ConnectionError Exception ExceptionGroup
  FileNotFoundError FloatingPointError GeneratorExit IndexError IOError KeyError KeyboardInterrupt LookupError NameError
  NotImplementedError OSError OverflowError PermissionError RecursionError RuntimeError StopAsyncIteration StopIteration SyntaxError
  SystemExit TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UserWarning ValueError Warning
  DeprecationWarning RuntimeWarning ZeroDivisionError`),
);
/** Builtins that are types, or exceptions: what annotations and base classes are made of. */
export const BUILTIN_TYPES: ReadonlySet<string> = new Set(
  words('bool bytearray bytes complex dict float frozenset int list object set slice str tuple type range').concat(
    [...BUILTINS].filter((name) =>
      /^(?:[A-Z]\w*)?(Error|Exception|ExceptionGroup|Warning|Iteration|Exit|Interrupt)$/.test(name),
    ),
  ),
);
/** All other names that Python brings along (3.12), with `site`'s. */
export const REFUSED_BUILTINS: ReadonlySet<string> = new Set(
  words(
    'breakpoint compile copyright credits delattr dir eval exec exit getattr globals hasattr help input license locals memoryview open quit setattr super type vars',
  ),
);
/** The harmless ones of them in which an attribute is named by a literal: `getattr(context, "session_id", None)`. */
export const BY_NAME: ReadonlySet<string> = new Set(['getattr', 'hasattr']);

/** boto3 clients of every program. */
export const BASE_SERVICES: Readonly<Record<string, readonly string[]>> = {
  'bedrock-runtime': [
    'converse',
    'converse_stream',
    'invoke_model',
    'invoke_model_with_response_stream',
    'apply_guardrail',
  ],
  'bedrock-agent-runtime': ['retrieve', 'retrieve_and_generate'],
};
/**
 * Clients that a plan may ask for. Reading and writing of single records, and queues; nothing that deletes, reaches people (SNS and SES
 * could be made to send to anybody), runs code (Lambda) or hands out credentials (STS).
 */
export const PLAN_SERVICES: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ['get_item', 'batch_get_item', 'query', 'put_item', 'update_item'],
  s3: ['get_object', 'head_object', 'list_objects_v2'],
  sqs: ['send_message'],
};
/** Operations that clients have beside the allowed ones, as far as their names could also be a program's own. */
const OTHER_OPERATIONS = words(`
  converse converse_stream invoke_model invoke_model_with_response_stream invoke_model_with_bidirectional_stream apply_guardrail count_tokens
  start_async_invoke get_async_invoke list_async_invokes invoke_guardrail_checks
  retrieve retrieve_and_generate retrieve_and_generate_stream rerank generate_query invoke_agent invoke_inline_agent invoke_flow optimize_prompt
  create_session get_session update_session delete_session end_session list_sessions create_invocation put_invocation_step
  get_invocation_step list_invocations list_invocation_steps delete_agent_memory get_agent_memory start_flow_execution
  stop_flow_execution get_flow_execution list_flow_executions list_flow_execution_events get_execution_flow_snapshot
  list_tags_for_resource tag_resource untag_resource
  batch_execute_statement batch_get_item batch_write_item create_backup create_global_table create_table delete_backup delete_item
  delete_resource_policy delete_table describe_backup describe_continuous_backups describe_contributor_insights describe_endpoints
  describe_export describe_global_table describe_global_table_settings describe_import describe_kinesis_streaming_destination
  describe_limits describe_table describe_table_replica_auto_scaling describe_time_to_live disable_kinesis_streaming_destination
  enable_kinesis_streaming_destination execute_statement execute_transaction export_table_to_point_in_time get_item get_resource_policy
  import_table list_backups list_contributor_insights list_exports list_global_tables list_imports list_tables list_tags_of_resource
  put_item put_resource_policy query restore_table_from_backup restore_table_to_point_in_time scan transact_get_items
  transact_write_items update_continuous_backups update_contributor_insights update_global_table update_global_table_settings update_item
  update_kinesis_streaming_destination update_table update_table_replica_auto_scaling update_time_to_live
  get_object head_object list_objects_v2 put_object copy_object delete_object delete_objects restore_object upload_part upload_part_copy
  upload_file upload_fileobj download_file download_fileobj rename_object select_object_content write_get_object_response
  head_bucket list_buckets list_directory_buckets list_objects list_object_versions list_parts list_multipart_uploads
  abort_multipart_upload complete_multipart_upload create_multipart_upload create_bucket delete_bucket
  send_message send_message_batch add_permission remove_permission cancel_message_move_task change_message_visibility
  change_message_visibility_batch create_queue delete_message delete_message_batch delete_queue get_queue_attributes get_queue_url
  list_dead_letter_source_queues list_message_move_tasks list_queue_tags list_queues purge_queue receive_message set_queue_attributes
  start_message_move_task tag_queue untag_queue
  can_paginate get_paginator get_waiter waiter_names meta generate_presigned_url generate_presigned_post generate_db_auth_token`);
/** S3 has some sixty more of these. */
const OTHER_OPERATION = /^(get|put|delete|list|create|update)_(bucket|object|public_access)_/;

/** Ways from an object into the interpreter, the web server, the log's set-up or the tools' loader. */
const WAYS_OUT = new Set(
  words(`gi_code gi_frame gi_yieldfrom gi_running gi_suspended cr_await cr_code cr_frame cr_origin cr_running cr_suspended ag_await ag_code
  ag_frame ag_running ag_suspended tb_frame tb_lasti tb_lineno tb_next f_back f_builtins f_code f_globals f_lasti f_lineno f_locals
  f_trace f_trace_lines f_trace_opcodes co_code co_consts co_names co_varnames co_freevars co_cellvars co_filename co_name co_qualname
  co_positions co_lines func_globals func_code func_closure func_defaults im_func im_self im_class mro subclasses with_traceback
  format_map vformat get_field format_field convert_field from_file
  get_loop get_stack get_coro get_context run_in_executor parse_raw parse_file model_rebuild update_forward_refs update_config
  manager addHandler removeHandler setFormatter makeRecord loggerClass setLoggerClass buffer raw reconfigure
  tool_registry tool_caller tool_executor process_tools load_tool_from_filepath load_tools_from_directory reload_tool register_tool
  initialize_tools discover_tool_modules add_route mount add_middleware add_api_route router
  obj load_module exec_module popen spawn fork execv execve loader`),
);

/** Attributes and methods of texts, numbers, collections, times, expressions, loggers, exceptions and answers. `copy` takes no arguments. */
const ATTRIBUTES = new Set(
  words(`capitalize casefold center count encode decode endswith expandtabs find index isalnum isalpha isascii isdecimal isdigit isidentifier
  islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace
  rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill fromhex hex
  append clear extend insert pop remove reverse sort fromkeys get items keys popitem setdefault update values add difference
  difference_update discard intersection intersection_update isdisjoint issubset issuperset symmetric_difference
  symmetric_difference_update union as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes
  is_integer appendleft extendleft popleft rotate maxlen elements most_common subtract total move_to_end new_child maps from_iterable
  astimezone combine ctime date day dst fold fromisocalendar fromisoformat fromordinal fromtimestamp hour isocalendar isoformat isoweekday
  microsecond minute month now resolution second strftime strptime time timestamp timetuple timetz today toordinal tzinfo tzname utc
  utcfromtimestamp utcnow utcoffset weekday year week days seconds microseconds total_seconds max min key tm_hour tm_isdst tm_mday tm_min tm_mon
  tm_sec tm_wday tm_yday tm_year tm_zone
  quantize normalize to_integral_value to_integral_exact is_nan is_zero is_signed is_finite is_infinite compare adjusted as_tuple copy_abs
  sqrt exp ln log10
  end expand group groupdict groupindex groups lastgroup lastindex pos start span string flags fullmatch match search sub subn findall
  finditer pattern substitute safe_substitute digest hexdigest
  urn version fields int node
  critical debug error exception info warning warn log setLevel isEnabledFor getEffectiveLevel getChild level disabled propagate hasHandlers
  args msg doc lineno colno reason response operation_name errno strerror value exceptions split add_note
  name session_id request_headers read iter_lines iter_chunks close send throw asend athrow aclose
  setter getter deleter cache_clear cache_info fget func keywords
  writerow writerows writeheader fieldnames line_num getvalue readline readlines write
  invoke_async stream_async message messages stop_reason metrics accumulated_usage
  default encode iterencode`),
);

const isWayOut = (name: string): boolean =>
  WAYS_OUT.has(name) || OTHER_OPERATIONS.includes(name) || OTHER_OPERATION.test(name);

/** Whether `x.name` may stand in a program that has clients with these methods, and attributes of its own with those names. */
export function attributeIsAllowed(name: string, methods: ReadonlySet<string>, own: ReadonlySet<string>): boolean {
  if (name.startsWith('_')) return false;
  if (methods.has(name) || ATTRIBUTES.has(name)) return true;
  if (isWayOut(name)) return false;
  return own.has(name) || /^[A-Z][A-Za-z]+(Exception|Error)$/.test(name);
}

/** Environment variables that every program may read. */
export const BASE_ENVIRONMENT: readonly string[] = [
  'MODEL_ID',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'KNOWLEDGE_BASE_ID',
  'LOG_LEVEL',
];
