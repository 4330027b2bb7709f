/** An instance that is being stopped lives, but takes no calls. */
export const draining = `
ALTER TABLE instances ADD COLUMN draining boolean NOT NULL DEFAULT false;
`;
