//! Tasks: what somebody asks to be done before a pull request is merged. Whoever may comment may
//! say that one is done.

use super::input::is_own;
use super::text::said;
use super::view::Person;
use crate::error::{Error, Fields, Result};
use crate::open::{
    ChangingOwnComment, Commenting, OpenRepository, ReadingPullRequests, RemovingOthersComment,
};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::{RepositoryPath, TaskId};
use std::sync::Arc;
use store::{NewTask, PullRequest, Task, TaskUpdate};

/// A task as it was typed; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct TaskInput {
    pub raw: Option<String>,
    /// The comment it came up in; counts for a new one.
    pub comment: Option<i64>,
    /// `RESOLVED` or `UNRESOLVED`.
    pub state: Option<String>,
    /// A draft, which nobody else sees.
    pub pending: Option<bool>,
}

/// A task, with names.
#[derive(Clone, Debug)]
pub struct TaskView {
    pub task: Task,
    pub by: Person,
    pub resolved_by: Option<Person>,
    /// The number of the request it is of.
    pub number: i64,
    /// Where that is.
    pub repository: RepositoryPath,
}

impl App {
    /// The tasks of a request that the asker may see, the oldest first.
    pub async fn list_tasks(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        page: PageRequest,
    ) -> Result<Page<TaskView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let me = who.principal_name();
        let found = self.store.list_tasks(request.id, &me, page.to_store()).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for task in found.items {
            items.push(self.view_task(&open, &request, task).await?);
        }
        Ok(page.filled(store::Page { items, size: found.size }))
    }

    /// One of them.
    pub async fn task(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
    ) -> Result<TaskView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let task = self.find_task(who, &request, id).await?;
        self.view_task(&open, &request, task).await
    }

    /// Asks for something.
    pub async fn create_task(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        input: TaskInput,
    ) -> Result<TaskView> {
        let open = self.open_repository::<Commenting>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let mut fields = Fields::default();
        let raw = said(input.raw, &mut fields);
        let pending = input.pending.unwrap_or(false);
        let comment = match input.comment {
            Some(id) => {
                let field = ("comment.id", id, pending);
                self.answered(who, &request, field, &mut fields).await?
            }
            None => None,
        };
        let Some(raw) = raw else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let new = NewTask { comment: comment.map(|it| it.id), raw, pending };
        let task = self.store.create_task(&open.by, &request, &new).await?;
        self.landings.poke(request.repository);
        self.view_task(&open, &request, task).await
    }

    /// Changes a task: its text if it is one's own; whether it is done, whosever it is.
    pub async fn update_task(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
        input: TaskInput,
    ) -> Result<TaskView> {
        let open = self.open_repository::<Commenting>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let before = self.find_task(who, &request, id).await?;
        let mut fields = Fields::default();
        // Clients send the whole task back when they mean its state only.
        let raw = input.raw.filter(|it| *it != before.raw);
        if raw.is_some() && !is_own(who, &before.by) {
            let message =
                format!("these are the words of {}: only they change them", before.by.name);
            fields.add("content.raw", message);
        }
        let raw = raw.and_then(|it| said(Some(it), &mut fields));
        let resolved = input.state.and_then(|it| fields.take("state", done(&it)));
        let resolved = resolved.filter(|it| *it != before.resolved.is_some());
        if input.pending == Some(true) && !before.pending {
            fields.add("pending", "others have seen it: it cannot become a draft again");
        }
        fields.check()?;
        let by = if raw.is_some() {
            self.open_repository::<ChangingOwnComment>(who, place).await?.by
        } else {
            open.by.clone()
        };
        let update = TaskUpdate { raw, resolved, publish: input.pending == Some(false) };
        let task = self.store.update_task(&by, &request, &before, &update).await?;
        self.landings.poke(request.repository);
        self.view_task(&open, &request, task).await
    }

    /// Removes a task, one's own or, for administrators, anybody's.
    pub async fn remove_task(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
    ) -> Result<()> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let before = self.find_task(who, &request, id).await?;
        let by = if is_own(who, &before.by) {
            self.open_repository::<ChangingOwnComment>(who, place).await?.by
        } else {
            self.open_repository::<RemovingOthersComment>(who, place).await?.by
        };
        self.store.delete_task(&by, &request, &before).await?;
        self.landings.poke(request.repository);
        Ok(())
    }

    async fn find_task(&self, who: &Asker, request: &PullRequest, id: i64) -> Result<Task> {
        let me = who.principal_name();
        let found = self.store.find_task(request.id, &me, TaskId(id));
        found.await?.ok_or(Error::NotFound { what: "task" })
    }

    async fn view_task<A>(
        &self,
        open: &OpenRepository<A>,
        request: &PullRequest,
        task: Task,
    ) -> Result<TaskView> {
        let resolved_by = match &task.resolved {
            Some(it) => Some(self.person(&it.by).await?),
            None => None,
        };
        Ok(TaskView {
            by: self.person(&task.by).await?,
            resolved_by,
            task,
            number: request.number,
            repository: open.path().clone(),
        })
    }
}

fn done(word: &str) -> Result<bool, &'static str> {
    match word {
        "RESOLVED" => Ok(true),
        "UNRESOLVED" => Ok(false),
        _ => Err("use RESOLVED or UNRESOLVED"),
    }
}
