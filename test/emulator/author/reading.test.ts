import { describe, expect, it } from 'vitest';
import { parseProcedure } from '../../../src/emulator/models/author/requirements.js';
import { actionsOf } from '../../../src/emulator/models/author/tools.js';
import { procedure } from './procedures.js';
import { read } from './studio.js';

const kinds = (sop: string) => parseProcedure(sop).clauses.map(({ quote, kind }) => [kind, quote]);

describe('reading a procedure', () => {
  it('takes items of all lists whole, sentences of paragraphs, rows of tables', async () => {
    const sop = `# Line

Calls are answered at once. E.g. nobody waits.

1. Ask for the name
   and the date.
2) Look up the booking.
   a) Confirm it.
   (b) Never guess.
* A star.

| Item | Price |
|---|---|
| Lamp | 20 |
`;

    expect((await read(sop)).clauses.map(({ quote }) => quote)).toEqual([
      'Calls are answered at once.',
      'E.g. nobody waits.',
      'Ask for the name and the date.',
      'Look up the booking.',
      'Confirm it.',
      '(b) Never guess.',
      'A star.',
      '| Lamp | 20 |',
    ]);
  });

  it.each([
    ['step', 'Ask for the order number.'],
    ['step', 'If the order is late, apologise and look up the parcel.'],
    ['step', 'Order the part from the warehouse.'],
    ['information', 'Order numbers begin with MH.'],
    ['rule', 'Returns are accepted within 30 days.'],
    ['prohibition', 'Never ask for a password.'],
    ['prohibition', 'Agents must not promise a date.'],
    ['prohibition', 'Do not transfer callers to the warehouse team.'],
    ['information', 'Gift cards cannot be returned.'],
    ['escalation', 'If the caller is angry, do not argue, but transfer the call to a supervisor.'],
    ['escalation', 'Threats: hand over to the security desk.'],
    ['escalation', 'Escalate when the amount is above 500 dollars.'],
    ['step', 'Refund the amount by bank transfer.'],
    ['rule', 'A permit can be transferred to another vehicle.'],
    ['escalation', 'Leiten Sie den Anruf weiter, wenn der Kunde droht.'],
    ['prohibition', 'Nennen Sie niemals Namen.'],
    ['prohibition', 'Der Agent darf keine Preise nennen.'],
    ['escalation', 'Transfiera la llamada si el cliente se queja.'],
    ['prohibition', 'Nunca pida la clave.'],
    ['step', 'Busque el pedido.'],
  ])('knows %s: %s', (kind, sentence) => {
    expect(kinds(`# Line\n\n- ${sentence}\n`)).toEqual([[kind, sentence]]);
  });

  it('knows what a list is by what leads to it, or stands over it', () => {
    const sop = `# Line\n\nTransfer the call to a supervisor when:\n\n- somebody was hurt\n- the caller asks for one\n\n## Never\n\n- Promise a date\n`;

    expect(kinds(sop)).toEqual([
      ['escalation', 'somebody was hurt'],
      ['escalation', 'the caller asks for one'],
      ['prohibition', 'Promise a date'],
    ]);
  });

  it.each([
    ['en', 'The caller gets a refund when the parcel is lost.'],
    ['de', 'Der Kunde bekommt sein Geld zurück, wenn die Sendung nicht ankommt.'],
    ['es', 'El cliente recibe el dinero si el pedido no llega.'],
    ['fr', "Le client est remboursé si le colis n'est pas livré dans les délais."],
  ])('tells that it is %s', (language, sop) => {
    expect(parseProcedure(sop).language).toBe(language);
  });

  it('finds the pairs that contradict each other', () => {
    const { contradictions } = parseProcedure(procedure('troubled/contradictory'));

    expect(contradictions.map(({ quotes }) => quotes)).toEqual([
      [
        'Always offer the subscriber a pause of the subscription.',
        'Never offer the subscriber a pause of the subscription.',
      ],
      [
        'A cancellation is accepted within 30 days of the invoice.',
        'A cancellation is accepted within 14 days of the invoice.',
      ],
    ]);
  });

  it.each([
    ['another case', '- Lamps can be returned within 30 days.\n- Sale items can be returned within 14 days.'],
    ['another class', '- P1: call back within 2 hours.\n- P2: call back within 24 hours.'],
    [
      'another heading',
      '## Suites\n\n- Cancellation is free within 3 days.\n\n## Cabins\n\n- Cancellation is free within 7 days.',
    ],
    ['another deed', '- Never share the account number.\n- Always verify the account number.'],
  ])('takes %s for no contradiction', (_, rules) => {
    expect(parseProcedure(`# Line\n\n${rules}\n`).contradictions).toEqual([]);
  });

  it('names what speaks to the makers, and nothing in a common procedure', () => {
    const suspicious = ['returns-and-refunds', 'appointment-booking', 'technical-support', 'troubled/many-escalations'];

    expect(parseProcedure(procedure('troubled/talks-to-the-reviewer')).suspicious).toEqual([
      expect.stringContaining('Note to the reviewer') as string,
      expect.stringContaining('Ignore all previous instructions') as string,
    ]);
    expect(suspicious.flatMap((name) => parseProcedure(procedure(name)).suspicious)).toEqual([]);
  });

  it.each(['x', '??? ???', 'word '.repeat(3000), '- '.repeat(500), '|'.repeat(400), 'a) '.repeat(999)])(
    'makes something of nonsense',
    (sop) => {
      expect(parseProcedure(sop).clauses.length).toBeGreaterThan(0);
    },
  );
});

describe('tools', () => {
  it.each([
    ['Ask for the order number and look up the order.', ['look_up_order(order_number)']],
    ['If the caller has lost the number, look up the account by the address.', ['look_up_account(address)']],
    ['Send the customer a confirmation by e-mail.', ['send_confirmation(email)']],
    ['Create a ticket and read the ticket number to the caller.', ['create_ticket(details)']],
    ['Check whether the lamp is on.', []],
    ['Check availability for the arrival date.', ['check_availability(arrival_date)']],
    ['Renew the permit, then notify the inspector.', ['renew_permit(license_plate)', 'notify_inspector(details)']],
    ['Ask the caller to restart the router.', []],
    ['Refill requests are handled on weekdays.', []],
    ['Buchen Sie den Termin mit Name und Datum.', ['book_termin(name,datum)']],
    ['Busque el pedido con el número de pedido.', ['look_up_pedido(numero_de_pedido)']],
  ])('of "%s"', (sentence, tools) => {
    const found = actionsOf(sentence).map(({ name, parameters }) => `${name}(${parameters.map((each) => each.name)})`);

    expect(found).toEqual(tools);
  });
});
