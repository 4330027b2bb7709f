/** Where a publication stands that broke off. */
export interface Standing {
  /** The runtime has answered. */
  readonly isDeployed: boolean;
  /** Which version `latest` in the bucket names. */
  readonly latest: 'former' | 'this' | 'unknown';
  /** As which version of the directory the agent is there. */
  readonly entered: number | undefined;
  /** Whether it is the latest version there of an agent that was there before. */
  readonly isNext: boolean;
  /** That the job points to the agent, and whether it leads there. */
  readonly number: { readonly e164: string; readonly isPointed: boolean } | undefined;
  /** The version that the number was pinned to for the time of the publication, and has stayed at. */
  readonly heldAt: number | undefined;
}

/** What has been done and what has not, in words, so that nobody has to look for it. */
export function wordsOfStanding(standing: Standing): string {
  const { isDeployed, latest, entered, isNext, number, heldAt } = standing;
  const done = [
    ...(isDeployed ? ['it is deployed'] : []),
    ...(latest === 'this' ? ['`latest` in the bucket names it'] : []),
    ...(entered === undefined ? [] : [`it is in the directory as version ${entered}${isNext ? FOLLOWERS : ''}`]),
    ...(heldAt === undefined || number === undefined ? [] : [`${number.e164} is pinned to version ${heldAt}`]),
    ...(number?.isPointed ? [`${number.e164} leads to it`] : []),
  ];
  const missing = [
    ...(isDeployed ? [] : ['it is not deployed']),
    ...(latest === 'former' ? ['`latest` in the bucket names what it named before'] : []),
    ...(latest === 'unknown' ? ['whether `latest` in the bucket names it is not known'] : []),
    ...(entered === undefined ? ['it is not in the directory'] : []),
    ...(number && !number.isPointed ? [`${number.e164} does not lead to it`] : []),
  ];
  const isNothing = done.length === 0 || (done.length === 1 && isDeployed);
  return [
    isNothing && latest === 'former' ? 'Nothing was published.' : 'It was not published whole.',
    ...(done.length > 0 ? [`Done: ${done.join('; ')}.`] : []),
    ...(missing.length > 0 ? [`Not done: ${missing.join('; ')}.`] : []),
  ].join(' ');
}

const FOLLOWERS = ', and answers numbers that follow the latest one';
