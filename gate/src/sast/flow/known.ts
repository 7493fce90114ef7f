/** What the names of functions, parameters and types tell: which results are harmless, which hand on, what a request looks like. */

/** Results that can't carry an attack, whatever went in. */
export const harmless = [
  ...[
    'Number',
    'Number.*',
    'parseInt',
    'parseFloat',
    'BigInt',
    'Boolean',
    'Math.*',
    'Date.*',
    'isNaN',
    'Symbol',
    'Object.hasOwn',
  ],
  ...[
    '*.length',
    '*.test',
    '*.includes',
    '*.has',
    '*.indexOf',
    '*.startsWith',
    '*.endsWith',
    '*.getTime',
    '*.toISOString',
    '*.digest',
  ],
  ...[
    '*.charCodeAt',
    '*.size',
    '*.every',
    '*.some',
    '*.findIndex',
    '*.toFixed',
    'crypto.*',
    '*.getStatus',
    'uuid.*',
    '*nanoid',
    'Array.isArray',
  ],
];
/** Functions of the platform that hand on what they are given. */
export const handsOn = [
  ...[
    'JSON.parse',
    'JSON.stringify',
    'Buffer.from',
    'Buffer.concat',
    'String',
    'String.raw',
    'Object.values',
    'Object.entries',
    'Object.keys',
  ],
  ...[
    'Object.assign',
    'Object.fromEntries',
    'Array.from',
    'Array.of',
    '*path.join',
    '*path.resolve',
    '*path.normalize',
    'join',
    'resolve',
    'normalize',
  ],
  ...[
    'path.*',
    'decodeURIComponent',
    'decodeURI',
    'encodeURI',
    'unescape',
    'atob',
    'btoa',
    'util.format',
    'structuredClone',
    'Promise.all',
  ],
  ...['Promise.resolve', '*firstValueFrom', 'rxjs.of', 'url.*', 'querystring.*', 'qs.*'],
];
export const listCallbacks =
  /^(map|filter|forEach|find|findLast|some|every|flatMap|sort|toSorted|reduce|then|tap|on|once|addListener|subscribe|each|pipe)$/;
export const listMutators = /^(push|unshift|add|set|append|splice|fill)$/;
export const requestParts =
  /^(query|body|params|headers|cookies|signedCookies|url|originalUrl|hostname|host|rawBody|rawHeaders|file|files|get|header|param|raw|handshake|path)$/;
export const fromOutside =
  /^(Body|Query|Param|Headers|Payload|MessageBody|RawBody|UploadedFiles?|HostParam|Args|Cookies?|SignedCookies)$/;
/** The types of a request, and what Nest's contexts give for one. */
export const requests = [
  'Request',
  '*.Request',
  'FastifyRequest',
  '*.FastifyRequest',
  'ExpressRequest',
  'AuthenticatedRequest',
  'AuthRequest',
  'RequestWith*',
  '*IncomingMessage',
  '*.getRequest()',
];
export const harmlessPipe =
  /^(ParseIntPipe|ParseFloatPipe|ParseBoolPipe|ParseUUIDPipe|ParseEnumPipe|ParseDatePipe|ParseArrayPipe|ParseObjectIdPipe|ParseMongoIdPipe)$/;
/** Look-ups in a database, by the names that TypeORM, Prisma and Mongoose give them. */
export const lookUps =
  /^(find|findOne|findBy|findOneBy|findOneByOrFail|findOneOrFail|findUnique|findFirst|findMany|getOne|getMany|getRawMany|getRawOne|query|findById)$/;
