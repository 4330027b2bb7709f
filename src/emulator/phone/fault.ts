import type { PhoneCall } from './contract.js';

/** Something Twilio would refuse or report, with the number its debugger shows. Source: Twilio, Error and warning dictionary. */
export class TwilioFault extends Error {
  readonly twilioCode: number;
  /** The call that it happened to, when there already was one. */
  call: PhoneCall | undefined;
  /** The document's address, where none could be had. */
  url: string | undefined;

  constructor(twilioCode: number, message: string, options?: { cause?: unknown }) {
    super(`${message} (Twilio ${twilioCode})`, options);
    this.name = 'TwilioFault';
    this.twilioCode = twilioCode;
  }
}
