import { Button, Card, CardBody, CardHeader, Notice, Spinner } from '@wordpress/components';
import { useEffect, useState } from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { problemOf, readUsage } from './api.ts';
import { day, problemText } from './texts.ts';
import type { Status, Usage } from './types.ts';

/** How much of the month's requests is left, and on which days they went. */
export function UsagePanel({ status }: { status: Status }) {
  const [usage, setUsage] = useState<Usage>();
  const [problem, setProblem] = useState('');
  const load = () => {
    setProblem('');
    readUsage().then(setUsage, (error: unknown) => setProblem(problemText(problemOf(error))));
  };
  useEffect(load, [status.verified_at]);
  return (
    <Card>
      <CardHeader>
        <h2>{__('Usage', 'chatello')}</h2>
      </CardHeader>
      <CardBody>
        {problem ? (
          <Notice status="warning" isDismissible={false} actions={[{ label: __('Try again', 'chatello'), onClick: load }]}>
            {problem}
          </Notice>
        ) : !usage ? (
          <p>
            <Spinner /> {__('Loading …', 'chatello')}
          </p>
        ) : status.limits?.requests_per_month === 0 ? (
          <p>{__('This plan answers through your own AI provider key, so nothing is counted here.', 'chatello')}</p>
        ) : (
          <Chart usage={usage} />
        )}
      </CardBody>
    </Card>
  );
}

function Chart({ usage }: { usage: Usage }) {
  const [isTable, setIsTable] = useState(false);
  const { used, limit, remaining, resets_at } = usage;
  const number = (value: number) => value.toLocaleString(document.documentElement.lang || undefined);
  const share = limit === 0 ? 0 : Math.min(100, (used / limit) * 100);
  const days = daysOf(usage);
  const most = Math.max(1, ...days.map(({ requests }) => requests));
  const label = (date: string, requests: number) => sprintf(/* translators: 1: date, 2: number of requests */ _n('%1$s: %2$s request', '%1$s: %2$s requests', requests, 'chatello'), day(`${date}T12:00:00Z`), number(requests));
  return (
    <>
      <p className="chatello-big">{sprintf(/* translators: %s: number of requests */ _n('%s request left', '%s requests left', remaining, 'chatello'), number(remaining))}</p>
      <div className={`chatello-meter${share >= 80 ? ' is-high' : ''}`} role="meter" aria-label={__('Requests used this month', 'chatello')} aria-valuenow={used} aria-valuemin={0} aria-valuemax={limit}>
        <span style={{ inlineSize: `${share}%` }} />
      </div>
      <p>{sprintf(/* translators: 1: number used, 2: number allowed, 3: date */ __('%1$s of %2$s used. They start again on %3$s.', 'chatello'), number(used), number(limit), day(resets_at))}</p>
      {isTable ? (
        <table className="widefat striped chatello-table">
          <caption>{__('Requests by day', 'chatello')}</caption>
          <thead>
            <tr>
              <th scope="col">{__('Day', 'chatello')}</th>
              <th scope="col">{__('Requests', 'chatello')}</th>
            </tr>
          </thead>
          <tbody>
            {days.filter(({ requests }) => requests > 0).map(({ date, requests }) => (
              <tr key={date}>
                <td>{day(`${date}T12:00:00Z`)}</td>
                <td>{number(requests)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <figure className="chatello-chart">
          <svg viewBox={`0 0 ${days.length * 20} 120`} preserveAspectRatio="none" role="img" aria-label={__('Requests by day', 'chatello')}>
            {days.map(({ date, requests }, index) => (
              <rect key={date} x={index * 20 + 3} width={14} rx={2} y={118 - (requests / most) * 110} height={Math.max(2, (requests / most) * 110 + 2)} className={requests === 0 ? 'is-empty' : ''}>
                <title>{label(date, requests)}</title>
              </rect>
            ))}
          </svg>
          <figcaption>
            <span>{day(`${days[0]?.date}T12:00:00Z`)}</span>
            <span>{day(`${days.at(-1)?.date}T12:00:00Z`)}</span>
          </figcaption>
        </figure>
      )}
      {used === 0 && <p>{__('Nothing yet: the first question of a shopper appears here.', 'chatello')}</p>}
      {used > 0 && (
        <Button variant="link" onClick={() => setIsTable(!isTable)}>
          {isTable ? __('Show as a chart', 'chatello') : __('Show as a table', 'chatello')}
        </Button>
      )}
    </>
  );
}

/** Every day of the period, those without requests included. */
function daysOf({ period, by_day }: Usage): { date: string; requests: number }[] {
  const count = new Date(Date.UTC(Number(period.slice(0, 4)), Number(period.slice(5)), 0)).getUTCDate();
  return Array.from({ length: count }, (_, index) => {
    const date = `${period}-${String(index + 1).padStart(2, '0')}`;
    return { date, requests: by_day.find(({ day }) => day === date)?.requests ?? 0 };
  });
}
