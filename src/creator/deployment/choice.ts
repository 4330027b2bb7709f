import type { AwsPlace } from '../../aws.js';
import { BridgeError } from '../../errors.js';
import type { Deployment } from '../ports.js';
import { loaderDeployment } from './loader.js';
import { type OwnRuntimeOptions, ownRuntimeDeployment } from './own-runtime.js';
import { type Packages, s3Packages } from './packages.js';

/** How agents are deployed, as it is configured. */
export interface DeploymentSettings {
  /** CREATOR_LOADER_ARN */
  readonly loaderArn?: string | undefined;
  /** CREATOR_BASE_ZIP */
  readonly baseZip?: string | undefined;
  /** CREATOR_ROLE_ARN */
  readonly roleArn?: string | undefined;
}

/** Why nothing can be deployed with these settings; undefined when something can. Also for whoever reads the configuration. */
export function whyNotDeployable({ loaderArn, baseZip, roleArn }: DeploymentSettings): string | undefined {
  if (loaderArn !== undefined || (baseZip !== undefined && roleArn !== undefined)) return undefined;
  return 'A lone agent.py does not deploy: set CREATOR_LOADER_ARN, or CREATOR_BASE_ZIP and CREATOR_ROLE_ARN.';
}

/** The loader when there is one, else runtimes of agents' own; without either, every deployment is refused in words. */
export function deploymentFor(
  settings: DeploymentSettings,
  services: Omit<OwnRuntimeOptions, 'packages' | 'agentCore' | 'roleArn'> & {
    readonly places: { readonly agentCore: AwsPlace; readonly s3: AwsPlace };
    /** Left out: they are made here. */
    readonly packages?: Packages | undefined;
  },
): Deployment & { close(): void } {
  const { loaderArn, baseZip, roleArn } = settings;
  if (loaderArn !== undefined) return { ...loaderDeployment(services, loaderArn), close: () => undefined };
  if (baseZip !== undefined && roleArn !== undefined) {
    const { agentCore, s3 } = services.places;
    const packages = services.packages ?? s3Packages({ place: s3, baseZip });
    return ownRuntimeDeployment({ ...services, agentCore, packages, roleArn });
  }
  return {
    deploy: () => Promise.reject(new BridgeError('AWS_REFUSED', whyNotDeployable(settings) ?? '')),
    close: () => undefined,
  };
}
