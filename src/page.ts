/** One page of a list. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface PageRequest {
  limit: number;
  /** As the page before gave it; what is none of ours is REQUEST_INVALID. */
  cursor?: string | undefined;
}
