/** Cannot be pressed, but reached, so that its reason can be read. */
export function unavailable(why: string | undefined) {
  return why === undefined ? {} : { 'data-disabled': true, 'aria-disabled': true, 'aria-description': why };
}
