import { readFileSync } from 'node:fs';

/** A procedure of `fixtures/sop`, by its name without the ending. */
export const procedure = (name: string) =>
  readFileSync(new URL(`../../../fixtures/sop/${name}.md`, import.meta.url), 'utf8');

/** Procedures of other trades and in other forms than the fixtures. */
export const OTHERS: Readonly<Record<string, string>> = {
  'a hotel desk, in plain paragraphs': `Front desk of the Larkspur Hotel

This document explains how the front desk of the Larkspur Hotel answers guests on the telephone. The hotel has 48 rooms and a restaurant.

Look up the reservation by the reservation number or by the name of the guest. If the reservation cannot be found, ask for the e-mail address that was used for the booking. Check availability for the arrival date before you offer a room. Reserve the room once the guest has agreed to the price.

Check-in begins at 3 p.m. and check-out ends at 11 a.m. Breakfast is served from 6:30 to 10 a.m. and costs 18 dollars. Dogs may stay for a fee of 15 dollars per night. Reservations can be cancelled free of charge until 48 hours before arrival.

Never tell anybody whether a certain person stays at the hotel. Do not accept card numbers on the telephone.

If a guest reports a theft, transfer the call to the duty manager. Guests who have lost their key card late at night are put through to the night porter. Escalate to the duty manager when a guest complains about noise for the second time.
`,
  'parking permits, with bullets and a table': `# Resident parking permits – City of Fairhaven

**Scope:** Calls to the permit office about permits for residents.

### Requirements

* Only residents of zones A to D can get a permit.
* A household can have at most two permits.
• The vehicle has to be registered at the address of the applicant.

### Fees

| Permit | Fee per year |
|--------|--------------|
| First car | 60 dollars |
| Second car | 120 dollars |
| Visitor book | 25 dollars |

### What to do

+ Ask the caller for:
    - the licence plate
    - the zone
+ Check the permit with the licence plate.
+ Renew the permit if it expires within the next 30 days.
+ If the vehicle was sold, cancel the permit and ask for the date of the sale.

### Not allowed

- Waiving a fine
- Giving out names or addresses of permit holders
- Promise a parking space

### Transfer to a clerk

- The caller disputes a fine
- Any threat against staff
- The caller has a disability badge and needs a reserved space
`,
  'pharmacy refills, lettered and nested': `PRESCRIPTION REFILLS

1. Purpose

   This line takes orders for refills at Old Mill Pharmacy. Prescriptions are ready on the next working day.

2. Taking the order
   a) Ask for the prescription number and the date of birth.
   b) Look up the prescription.
   c) Refill the prescription when there are refills left.
   d) If there are no refills left, send a request to the doctor and tell the patient that this takes
      two to three working days.

3. Safety
   (a) Never give advice on dosage.
   (b) You must not read out which medicines a patient takes.
   (c) Don't refill a prescription that is older than twelve months.

4. When the pharmacist is needed
   i)  The patient asks about side effects or interactions: put the call through to the pharmacist.
   ii) A child may have swallowed a medicine: transfer to the pharmacist immediately.
   iii) Hand over to the pharmacist if the patient is pregnant.

5. Pick-up
   - Medicines are kept for 10 days.
   - Somebody else may collect them with the prescription number.
`,
  'an outage line, step by step, with other line ends': [
    'UTILITY OUTAGE LINE',
    '',
    'Brightwater Utilities, power and water',
    '',
    'PROCEDURE',
    '',
    'Step 1: Ask for the street address and check the outage map.',
    'Step 2: If the outage is known, give the estimated time of restoration.',
    'Step 3: If it is not known, report the outage with the address and a callback phone number.',
    'Step 4: Offer a text message when the power is back.',
    '',
    'EMERGENCIES',
    '',
    'Step 5: If the caller sees a fallen power line, tell them to keep 10 metres away and transfer to the emergency dispatcher.',
    'Step 6: If somebody depends on a medical device, escalate to the priority desk.',
    '',
    'LIMITS',
    '',
    'The agent may not promise a time of restoration that the map does not show.',
    'Customers are credited 30 dollars after 12 hours without power.',
    'Water may be brown after a repair; it is clear again within two hours.',
    '',
  ].join('\r\n'),
};
