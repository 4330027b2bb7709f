import './creator.css';
import { Route, Switch } from 'wouter';
import { JobList } from './job-list.tsx';
import { JobPage } from './job-page.tsx';
import { NewJob } from './new-job.tsx';

/** From a written procedure to an agent that answers: all jobs, a new one, and one with everything that it has made. */
export default function CreatorPage() {
  return (
    <Switch>
      <Route path="/creator/new">
        <NewJob />
      </Route>
      <Route path="/creator/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
      <Route>
        <JobList />
      </Route>
    </Switch>
  );
}
