import { useRoute } from 'wouter';
import { AgentList } from './agent-list.tsx';
import { OpenAgent } from './open-agent.tsx';

/** What answers calls: all agents, and one with everything it can be. */
export default function AgentsPage() {
  const [isOne, params] = useRoute('/agents/:id');
  if (!isOne) return <AgentList />;
  return <OpenAgent key={params.id} agentId={params.id === 'new' ? null : params.id} />;
}
