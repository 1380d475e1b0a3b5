/** Response schemas of exports. */
import { z } from 'zod';
import 'zod-openapi';
import { EXPORT_MODES, EXPORT_VERSIONS } from '../../../registry/exports/target.ts';

const counts = {
  included: z.int().min(0).meta({ description: 'Number of servers in the file.' }),
  leftOut: z.int().min(0).meta({ description: 'Number of servers that the file leaves out.' }),
};

export const exportList = z
  .object({
    targets: z.array(
      z.object({
        target: z.string().meta({ example: 'vscode-mcp' }),
        title: z.string().meta({ description: 'The client and its file.', example: 'VS Code: mcp.json' }),
        documentation: z.string().meta({ description: "URL of the vendor's documentation of the format." }),
        fileName: z.string().meta({ example: 'mcp.json' }),
        contentType: z.string().meta({ example: 'application/json' }),
        modes: z.array(z.enum(EXPORT_MODES)).meta({ description: 'Available modes. The first one is the default.' }),
        limits: z.array(z.string()).meta({ description: 'Features that the format cannot express.' }),
        included: counts.included.optional(),
        leftOut: counts.leftOut.optional(),
      }),
    ),
  })
  .meta({
    id: 'ExportList',
    description: 'The exports of a registry. Exports whose entries are too many for a file have no numbers.',
  });
export type ExportList = z.infer<typeof exportList>;

export const exportReport = z
  .object({
    target: z.string(),
    mode: z.enum(EXPORT_MODES),
    versions: z.enum(EXPORT_VERSIONS),
    ...counts,
    servers: z
      .array(
        z.object({
          name: z.string().meta({ example: 'com.example/weather' }),
          included: z.boolean(),
          versions: z.array(z.string()).meta({ description: 'The versions in the file.' }),
          denied: z.boolean().meta({ description: 'Whether its deprecated and deleted versions are denied.' }),
          notes: z
            .array(z.string())
            .meta({ description: 'Reasons why it was left out, or values that its users must provide.' }),
        }),
      )
      .meta({ description: 'Servers; or skills or plugins, if the export lists those.' }),
  })
  .meta({ id: 'ExportReport' });
export type ExportReport = z.infer<typeof exportReport>;
